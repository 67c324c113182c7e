"""The manual pages, one module for each source that they are made from."""
