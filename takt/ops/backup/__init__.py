"""A copy of everything Takt keeps, in one file; and the way back."""
