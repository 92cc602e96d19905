"""An outline to fields, one field a module."""
