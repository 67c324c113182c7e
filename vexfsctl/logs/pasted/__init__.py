"""Lines that people hand over otherwise than a program printed them."""
