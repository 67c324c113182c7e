"""Where records come from: /dev/kmsg, the journal, files, pipes, pstore; now and later."""
