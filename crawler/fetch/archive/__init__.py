"""What the network answered, kept in WARC files and read from them again."""
