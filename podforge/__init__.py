"""podforge: a build tool for spoken audio.

A script goes in; a finished, checked, tagged episode or audiobook comes out; change one line
and only what depends on it is made again.  Read `podforge.produce` first: it is the whole way
in one function.
"""

__version__ = "0.1.0"
