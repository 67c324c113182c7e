"""Turn hints into steps, and find the bytes of a device that they are about. Pure."""
