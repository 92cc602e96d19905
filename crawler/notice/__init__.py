"""The words of the domain: model, numbers, windows, deadlines, names, identity."""
