"""A private Redis or Valkey on a Unix socket in a folder of its own."""

import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import redis

from deploy.broker import find_server_binary, private_server_command
from tests.servers.processes import stop_group, wait_until


class RedisServer:
    """What Assay asks of a broker: append-only file, no eviction; further: `RedisServer("--maxmemory", "20mb")`."""

    def __init__(self, *options: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="assay-redis-"))
        self.socket = self.folder / "redis.sock"
        self.log = self.folder / "log"
        self.options = options
        self.url = f"unix://{self.socket}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> "RedisServer":
        command = private_server_command(binary=find_server_binary(), socket=self.socket, folder=self.folder)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, *self.options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        wait_until(self._answers, what="Redis", timeout_s=15, log=self.log, process=self.process)
        return self

    def client(self) -> redis.Redis:
        return redis.Redis.from_url(self.url)

    def stop(self, sign: signal.Signals = signal.SIGTERM) -> None:
        if self.process:
            stop_group(self.process, sign=sign)
            self.process = None

    def wipe(self) -> None:
        """Lose everything, as a broker may: kill it, empty its folder, start it again."""
        self.stop(signal.SIGKILL)
        for entry in self.folder.iterdir():
            if entry != self.log:
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        self.start()

    def close(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _answers(self) -> bool:
        try:
            with self.client() as client:
                return bool(client.ping())
        except redis.RedisError:
            return False
