"""First-come coupons the usual way: FastAPI, and one script in Redis a request.

What Onsale is compared with, tuned as one would for a rush: uvloop and httptools, two workers, hiredis, a connection
pool for each worker, the script sent by its digest, the answer encoded by orjson without a response model, no access
log. Run by `cargo xtask bench coupon`; REDIS_URL says where Redis is.
"""

import os
import time
import uuid
from contextlib import asynccontextmanager
from pathlib import Path

import orjson
from fastapi import FastAPI, Response
from pydantic import BaseModel, Field
from redis.asyncio import ConnectionPool, Redis

# More than the connections that one worker is given, so that none waits for another.
POOL_SIZE = 128
NAME = r"^[A-Za-z0-9_.:-]+$"
ISSUE = Path(__file__).with_name("issue.lua").read_text()


class IssueRequest(BaseModel):
    user_id: str = Field(min_length=1, max_length=128, pattern=NAME)
    event_id: str = Field(min_length=1, max_length=128, pattern=NAME)


class State:
    redis: Redis
    digest: str


@asynccontextmanager
async def lifespan(_: FastAPI):
    pool = ConnectionPool.from_url(os.environ["REDIS_URL"], max_connections=POOL_SIZE)
    State.redis = Redis(connection_pool=pool)
    State.digest = await State.redis.script_load(ISSUE)
    yield
    await State.redis.aclose()


app = FastAPI(lifespan=lifespan, openapi_url=None)


@app.post("/api/v1/coupons/issue")
async def issue(request: IssueRequest) -> Response:
    tag = f"coupon:{{{request.event_id}}}"
    coupon_id = str(uuid.uuid4())
    now_ms = time.time_ns() // 1_000_000
    told = await State.redis.evalsha(
        State.digest, 3, f"{tag}:stock", f"{tag}:participants", f"{tag}:outbox", request.user_id, coupon_id, now_ms
    )
    if told[0] == 1:
        answer = {"success": True, "code": "ISSUED", "message": "The coupon is yours.", "remaining_stock": told[1],
                  "coupon_id": coupon_id, "serial": told[2]}
    elif told[0] == 2:
        serial, coupon_id = told[1].decode().split(",")
        answer = {"success": False, "code": "ALREADY_ISSUED", "message": "You have this coupon already.",
                  "remaining_stock": 0, "coupon_id": coupon_id, "serial": int(serial)}
    else:
        answer = {"success": False, "code": "SOLD_OUT", "message": "All coupons are gone.", "remaining_stock": 0}
    return Response(content=orjson.dumps(answer), media_type="application/json")


@app.post("/api/v1/admin/events/{event_id}/stock")
async def put_stock(event_id: str, initial_stock: int) -> Response:
    tag = f"coupon:{{{event_id}}}"
    await State.redis.delete(f"{tag}:participants", f"{tag}:outbox")
    await State.redis.set(f"{tag}:stock", initial_stock)
    return Response(status_code=204)
