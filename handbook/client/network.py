"""How this PC reaches the server: through which proxy, and how much of the line it may use.

Where the proxy is and the limit are the PC's (settings.json). Who the proxy is told to let through is the
person's and lies in personal.db, which is encrypted.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from sqlalchemy import delete, select
from sqlalchemy.dialects.sqlite import insert

from handbook.client.settings import NO_PROXY, SYSTEM_PROXY, Settings
from handbook.client.tables.personal import sync_state
from handbook.errors import BadInput

if TYPE_CHECKING:
    from handbook.client.store import Store

_KEY = "proxy_credentials"


@dataclass(frozen=True, slots=True)
class ProxyCredentials:
    """What a proxy asks for before it lets through; both empty where it asks for nothing."""

    user: str = ""
    password: str = ""


def proxy_address(typed: str) -> str:
    """The address as settings keep it, `http://host:port`, from `host:port` as people type it.

    Raises BadInput.
    """
    text = typed.strip().rstrip("/")
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host or not port or any(mark.isspace() for mark in host) or parts.scheme not in ("http", "https"):
        raise BadInput(
            f"Địa chỉ máy chủ trung gian (proxy) “{typed.strip()}” không đúng.",
            "Địa chỉ gồm tên máy và cổng, ví dụ proxy.coquan.vn:3128.",
        )
    if parts.username or parts.password:
        raise BadInput(
            "Địa chỉ máy chủ trung gian (proxy) không được kèm tên và mật khẩu.",
            "Hãy gõ tên và mật khẩu vào hai ô riêng: mật khẩu được cất ở nơi có mã hoá.",
        )
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}:{port}"


def proxies(settings: Settings, credentials: ProxyCredentials) -> Mapping[str, str] | None:
    """The proxy of each scheme as HttpTransport takes it: None for the system's, empty for none."""
    if settings.proxy == SYSTEM_PROXY:
        return None
    if settings.proxy == NO_PROXY:
        return {}
    address = settings.proxy
    if credentials.user:
        scheme, _, place = address.partition("://")
        address = f"{scheme}://{quote(credentials.user, '')}:{quote(credentials.password, '')}@{place}"
    return {"http": address, "https": address}


def bytes_per_second(settings: Settings) -> float:
    """The limit on the line; 0 without one."""
    return settings.bandwidth_kbit * 1000 / 8


def proxy_credentials(store: "Store") -> ProxyCredentials:
    """What this person told of the proxy."""
    with store.personal.read() as connection:
        held = connection.scalar(select(sync_state.c.value).where(sync_state.c.key == _KEY))
    return ProxyCredentials(**json.loads(held)) if held else ProxyCredentials()


def keep_proxy_credentials(store: "Store", credentials: ProxyCredentials) -> None:
    """Keeps them for this person, encrypted; empty ones are forgotten. Raises DiskProblem."""
    with store.personal.write() as connection:
        connection.execute(delete(sync_state).where(sync_state.c.key == _KEY))
        if credentials != ProxyCredentials():
            value = json.dumps({"user": credentials.user, "password": credentials.password})
            connection.execute(insert(sync_state).values(key=_KEY, value=value))
