"""What a source is: its model, the TOML files, their mistakes by line, the options of families, its hours."""
