"""What can go wrong in a command, and the exit code each kind ends with.

StackyardError               1  the cloud, the engine or the machine
├── SettingsFaultError       2  a stack file or an argument
├── AccountFaultError        4  wrong account or region
├── LockedError              5  another command holds the stack
├── DestructiveChangeError   6  what holds data would be deleted or replaced
├── ReleaseFailedError       7  a version was not released; the one before serves on
└── StateFaultError          9  the state needs repair

3, 10 and 11 (`stackyard report`) and 8 (`stackyard drift`) are answers of a command that went well.
"""


class StackyardError(Exception):
    """What happened, where, and what to do next; the message is all a user sees."""

    exit_code = 1


class SettingsFaultError(StackyardError):
    """A stack file or an argument says something that cannot be."""

    exit_code = 2


class AccountFaultError(StackyardError):
    """The credentials belong to another account, or another region is meant."""

    exit_code = 4


class LockedError(StackyardError):
    """Another command holds the stack, or one that was killed has left its lock."""

    exit_code = 5


class DestructiveChangeError(StackyardError):
    """A change would delete or replace what holds data or is protected; nothing was touched."""

    exit_code = 6


class ReleaseFailedError(StackyardError):
    """A version was not good enough or could not be brought; the one before serves on."""

    exit_code = 7


class StateFaultError(StackyardError):
    """The state does not tell what there is; something has to be looked up first."""

    exit_code = 9
