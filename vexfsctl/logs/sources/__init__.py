"""Where records come from: /dev/kmsg, files plain or compressed, pipes; and what was missing."""
