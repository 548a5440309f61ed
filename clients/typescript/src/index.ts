export { Onsale, type Arguments, type Asking, type Operation, type Settings } from "./client.js";
export { checkDraw, merkleRoot, type DrawCheck, type DrawEvidence, type Outcome, type Verdict } from "./draws.js";
export { PATIENCE, newKey, pauseMs, type Patience } from "./patience.js";
export { OnsaleError, Reply } from "./reply.js";
export { NotOurs, type Fault } from "./signed.js";
export { Door, DoorList, TicketKeys, type DoorTicket, type Shown, type TicketCode } from "./tickets.js";
export type { Operations } from "./generated/operations.js";
export type * as Schemas from "./generated/schemas.js";
