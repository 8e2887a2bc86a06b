"""What an operator sees of a host: its log, spans and metrics. All are read off records and answers that are there
anyhow; what needs the extra `observe` is imported when it is switched on.
"""
