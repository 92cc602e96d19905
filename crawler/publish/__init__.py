"""What goes out. Reads the database, writes nothing to it."""
