"""One module per family of file formats; each turns bytes into blocks and knows nothing of the others."""
