"""The database: tables, sessions, one module for each thing that is read or written."""
