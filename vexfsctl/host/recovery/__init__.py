"""A recovery on this host: its subject, its plan, its replay, and past replays."""
