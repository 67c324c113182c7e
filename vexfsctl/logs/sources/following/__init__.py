"""Sources that are followed: what they have already, then what comes (`log --follow`)."""
