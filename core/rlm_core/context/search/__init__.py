"""Search: literal texts and regular expressions over all files at once."""
