"""Commands of a shell behind a breaker that the host shares, and these breakers themselves."""
