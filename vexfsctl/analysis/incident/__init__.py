"""One incident: the events that belong together, their timeline, causes and consequences."""
