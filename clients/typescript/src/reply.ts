// What a server has answered.

/** The last answer to a call. */
export class Reply {
  constructor(
    /** 0: the server was not reached. */
    readonly status: number,
    readonly headers: Headers,
    /** JSON that was read, text, or null without a body. */
    readonly data: unknown,
  ) {}

  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  /** The `code` of the body, such as `SOLD_OUT`. */
  get code(): string | null {
    return textOf(this.data, "code");
  }

  /** What an operator finds this answer by. */
  get traceId(): string | null {
    return this.headers.get("X-Trace-Id");
  }
}

function textOf(data: unknown, field: string): string | null {
  const value = typeof data === "object" && data !== null ? (data as Record<string, unknown>)[field] : null;
  return typeof value === "string" ? value : null;
}

/** An answer that is no success. */
export class OnsaleError extends Error {
  constructor(readonly reply: Reply) {
    const told = reply.status ? `${reply.status} ${reply.code ?? ""}`.trim() : "the server was not reached";
    const message = textOf(reply.data, "message");
    super(message ? `${told}: ${message} (trace ${reply.traceId})` : told);
    this.name = "OnsaleError";
  }

  get status(): number {
    return this.reply.status;
  }

  get code(): string | null {
    return this.reply.code;
  }
}
