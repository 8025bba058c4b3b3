"""What leaves the house: tags, cover, chapters, transcripts, report; one small writer a format.

Every text is made by a pure function from the timeline and the header.  Only `writing` touches
the output folder, and only `tags` touches an audio file.
"""
