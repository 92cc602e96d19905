"""One module a format of what goes out."""
