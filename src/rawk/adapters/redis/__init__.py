"""Status notifications by Redis: publisher, subscribers, and a memory store that publishes each commit."""
