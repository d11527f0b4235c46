"""The body of a request, of so many bytes at most."""

from starlette.requests import ClientDisconnect, Request

from service.errors import BodyTooLarge, Malformed


async def body_of(request: Request, most: int) -> bytes:
    """All of it. Raises BodyTooLarge, before more is held, and Malformed where the client went away."""
    parts, size = [], 0
    try:
        async for part in request.stream():
            size += len(part)
            if size > most:
                raise BodyTooLarge(f"The body is larger than {most} bytes.")
            parts.append(part)
    except ClientDisconnect:
        raise Malformed("The body broke off.") from None
    return b"".join(parts)
