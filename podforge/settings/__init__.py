"""Settings, and where each was made.

Of the command:  flag > environment > project file > user file > default
Of a script:     flag > environment > front matter > project file > user file > default

`keys` says which there are, `finding` where the files are, `files` reads them, `choosing` decides;
`engines` is about the settings of engines, whose defaults are their own and not seen here.
docs/settings.md describes all of it to people.
"""

from podforge.settings.choosing import Choices, Chosen
from podforge.settings.engines import (
    EngineFlags,
    Flag,
    Written,
    environment_flags,
    parse_flag,
    placed,
    public,
    values,
)
from podforge.settings.files import Config, ConfigFile, read_config
from podforge.settings.finding import (
    FILE,
    Consulted,
    Search,
    consulted,
    find_project_file,
    find_upwards,
    find_user_file,
    search,
)

__all__ = [
    "FILE",
    "Choices",
    "Chosen",
    "Config",
    "ConfigFile",
    "Consulted",
    "EngineFlags",
    "Flag",
    "Search",
    "Written",
    "consulted",
    "environment_flags",
    "find_project_file",
    "find_upwards",
    "find_user_file",
    "parse_flag",
    "placed",
    "public",
    "read_config",
    "search",
    "values",
]
