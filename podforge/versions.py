"""Versions of what podforge makes, raised by hand when the same input gives something else.

They stand together, and import nothing, so that the render stamp knows them before anything heavy
is loaded; the keys of the store have those that decide what is kept there.
"""

HEARD_VERSION = 2  # raised when alignment, checks or levels change
ASSET_VERSION = 1  # raised when the same file gives another sound or other facts
MIX_VERSION = 4  # raised when the same section sounds different on purpose
MASTER_VERSION = 4  # raised when the same mix is mastered differently on purpose
PIECE_VERSION = 2  # raised when the facts or bytes of a piece, or the way it is cut, change
TAGS_VERSION = 3  # raised when the same facts are written as other tags
TRANSCRIPT_VERSION = "1.0.0"  # of the format (Podcasting 2.0, transcripts)

VERSIONS = (
    HEARD_VERSION,
    ASSET_VERSION,
    MIX_VERSION,
    MASTER_VERSION,
    PIECE_VERSION,
    TAGS_VERSION,
    TRANSCRIPT_VERSION,
)
