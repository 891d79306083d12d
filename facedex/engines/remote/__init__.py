"""Networks in a process of their own, for devices that workers share.

A worker's runtime is a client (``client.py``): it puts its arrays into memory that it shares with
the device's process and asks for an answer. That process (``server.py``) has one copy of each
network, joins what waits into batches (``batching.py``) and answers. ``facedex.pipeline.device``
supervises it. Nothing is imported here: the scanner's own process needs no runtime.
"""
