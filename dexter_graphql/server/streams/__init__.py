"""Streams of answers over HTTP: server-sent events and multipart."""
