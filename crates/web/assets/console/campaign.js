// @ts-check
// One campaign, live: what is left of it.

import { roll } from "../core.js";
import { byId, listen, number, part, write } from "./stream.js";

const id = byId("campaign").dataset.campaign;
listen((frame) => {
  const now = part(frame.campaigns).find((campaign) => campaign.id === id);
  if (!now) return;
  roll(byId("left"), now.total - now.issued);
  write(document.getElementById("issued"), number(now.issued));
});
