// Tickets at a door without the network: the code of a QR, and the signed list of a schedule.

import { NotOurs, decoded, hex, isSigned, partsOf, sha256, utf8 } from "./signed.js";

/** In front of the code in a QR's link. */
const VERIFY_PATH = "/tickets/verify/";
const QR_BYTES_MAX = 2_048;
const DOOR_LIST_BYTES_MAX = 64 << 20;
const NUMBER = /^T[0-9]{8}-[0-9A-HJKMNP-TV-Z]{10}$/;
const ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const TIME = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}$/;
const KEY_ID = /^[0-9a-f]{8}$/;
const LISTED = ["VALID", "USED", "CANCELLED"];

/** What a code says. */
export interface TicketCode {
  number: string;
  reservation: string;
  schedule: string;
}

/** A ticket of a list. */
export interface DoorTicket {
  number: string;
  reservation: string;
  /** Such as `A-1`. */
  seats: string[];
  status: "VALID" | "USED" | "CANCELLED";
}

type Listed = DoorTicket["status"] | "WRONG_SCHEDULE" | "NOT_LISTED";

/** The tickets of a schedule at one moment. */
export class DoorList {
  constructor(
    readonly schedule: string,
    /** UTC; a ticket that is younger is not in it. */
    readonly at: string,
    readonly tickets: ReadonlyMap<string, DoorTicket>,
  ) {}

  /**
   * What the list says of a code. `NOT_LISTED`: paid since the list was made, or cancelled before. A list that was made after the
   * day of the event began has all good tickets: refuse it then.
   */
  check(code: TicketCode): Listed {
    if (code.schedule !== this.schedule) return "WRONG_SCHEDULE";
    const ticket = this.tickets.get(code.number);
    if (!ticket) return "NOT_LISTED";
    // Number and reservation must both be the ticket's.
    return ticket.reservation === code.reservation ? ticket.status : "CANCELLED";
  }
}

/** The keys that sign tickets. */
export class TicketKeys {
  readonly #keys: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;

  private constructor(keys: ReadonlyMap<string, Uint8Array<ArrayBuffer>>) {
    this.#keys = keys;
  }

  /** From `keys` of `GET /tickets/keys`. */
  static async of(keys: readonly { publicKey: string }[]): Promise<TicketKeys> {
    const read = new Map<string, Uint8Array<ArrayBuffer>>();
    for (const { publicKey } of keys) {
      const key = decoded(publicKey);
      if (key.length !== 32) throw new TypeError("a public key has 32 bytes");
      // The name follows from the key: what is told beside it is not believed.
      read.set(hex(await sha256(key)).slice(0, 8), key);
    }
    return new TicketKeys(read);
  }

  /** The code in what was scanned: the whole link, or what stands behind `/tickets/verify/`. Throws NotOurs. */
  async read(scanned: string): Promise<TicketCode> {
    const trimmed = scanned.trim();
    const at = trimmed.lastIndexOf(VERIFY_PATH);
    const text = at < 0 ? trimmed : trimmed.slice(at + VERIFY_PATH.length);
    if (text.length > QR_BYTES_MAX) throw new NotOurs("FORM");
    const { v, t, r, s, k } = contentOf(text, ["v", "t", "r", "s", "k"]);
    if (v !== 1 || !is(NUMBER, t) || !is(ID, r) || !is(ID, s) || !is(KEY_ID, k)) throw new NotOurs("FORM");
    await this.#check(text, k);
    return { number: t, reservation: r, schedule: s };
  }

  /** The list of `GET /tickets/doors/{scheduleId}` or of `onsale tickets export`. Throws NotOurs. */
  async readDoorList(given: string): Promise<DoorList> {
    const text = given.trimEnd();
    if (text.length > DOOR_LIST_BYTES_MAX) throw new NotOurs("FORM");
    const { v, s, at, k, tickets } = contentOf(text, ["v", "s", "at", "k", "tickets"]);
    if (v !== 1 || !is(ID, s) || !is(TIME, at) || !is(KEY_ID, k) || !Array.isArray(tickets)) throw new NotOurs("FORM");
    const listed = tickets.map(listedOf);
    await this.#check(text, k);
    return new DoorList(s, at, new Map(listed.map((ticket) => [ticket.number, ticket])));
  }

  async #check(text: string, keyId: string): Promise<void> {
    const { first, signature } = partsOf(text);
    const key = this.#keys.get(keyId);
    if (!key) throw new NotOurs("UNKNOWN_KEY");
    // Over the characters of the first part.
    if (!(await isSigned(key, utf8(first), signature))) throw new NotOurs("SIGNATURE");
  }
}

const is = (form: RegExp, value: unknown): value is string => typeof value === "string" && form.test(value);

const hasFields = (value: unknown, fields: string[]): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).join() === fields.join();

/** The content with exactly these fields. Nothing of it is believed yet. */
function contentOf(text: string, fields: string[]): Record<string, unknown> {
  const { content } = partsOf(text);
  try {
    const json = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(content);
    const said: unknown = JSON.parse(json);
    // Blanks, another order, another way to write a letter: the same values in another form are not ours.
    if (hasFields(said, fields) && JSON.stringify(said) === json) return said;
  } catch {
    // As any other text that is none of ours.
  }
  throw new NotOurs("FORM");
}

function listedOf(ticket: unknown): DoorTicket {
  if (!hasFields(ticket, ["t", "r", "seats", "status"])) throw new NotOurs("FORM");
  const { t, r, seats, status } = ticket;
  const areSeats = Array.isArray(seats) && seats.every((seat) => typeof seat === "string");
  if (!is(NUMBER, t) || !is(ID, r) || !areSeats || !LISTED.includes(status as string)) throw new NotOurs("FORM");
  return { number: t, reservation: r, seats: seats as string[], status: status as DoorTicket["status"] };
}

/** What a door says of a ticket. */
export interface Shown {
  status: Listed | "FORGED";
  number: string | null;
  seats: string[];
}

/** A door without the network: a good ticket comes in once, and its mark is handed in later. */
export class Door {
  readonly #keys: TicketKeys;
  readonly #list: DoorList;
  readonly #cameIn = new Set<string>();
  /** `list` of `POST /tickets/verify/batch`, of which 500 go into one call. */
  readonly marks: { qrData: string; at: string }[] = [];

  constructor(keys: TicketKeys, list: DoorList) {
    this.#keys = keys;
    this.#list = list;
  }

  /** Checks a ticket, and marks a good one. `at`: the time, as the API writes times. */
  async show(scanned: string, at: string): Promise<Shown> {
    let code: TicketCode;
    try {
      code = await this.#keys.read(scanned);
    } catch (refused) {
      if (refused instanceof NotOurs) return { status: "FORGED", number: null, seats: [] };
      throw refused;
    }
    let status = this.#list.check(code);
    if (status === "VALID" && this.#cameIn.has(code.number)) status = "USED";
    if (status === "VALID") {
      this.#cameIn.add(code.number);
      this.marks.push({ qrData: scanned, at });
    }
    const ticket = this.#list.tickets.get(code.number);
    return { status, number: code.number, seats: ticket?.reservation === code.reservation ? (ticket?.seats ?? []) : [] };
  }
}
