"""The network: how a request goes out and an answer is kept."""
