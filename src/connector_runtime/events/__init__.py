"""Webhook events: read from deliveries, let in, and kept once."""
