from collections.abc import Awaitable
from os import PathLike
from typing import final

class NativeError(Exception): ...

@final
class Backend:
    @staticmethod
    def open(path: str | PathLike[str], venues: list[str]) -> Backend: ...
    @staticmethod
    def connect(
        url: str,
        token: str | None = None,
        email: str | None = None,
        password: str | None = None,
        vault_pin: str | None = None,
    ) -> Backend: ...
    def call(self, request: str) -> str: ...
    def call_async(self, request: str) -> Awaitable[str]: ...
