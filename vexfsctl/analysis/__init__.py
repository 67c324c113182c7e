"""Conclusions from values: incidents, their timelines, the verdict, the summary of status.

Pure: what was read comes in as arguments, nothing here opens a file or asks for the time.
"""
