"""The manual pages, one module for what each is made from."""
