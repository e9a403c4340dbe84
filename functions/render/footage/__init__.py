"""The cook's own footage: which of it is shown, and how it is read.

The upload is a stranger's file, so it is only ever opened in a process of its own with limits on time, memory and what
it may do (`reader.py`). What leaves that process is plain pictures, already small, and nothing else: FFmpeg never sees
the upload.
"""
