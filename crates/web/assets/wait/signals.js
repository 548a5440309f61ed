// @ts-check
/** What a person may switch on while waiting. Loaded with the first switch. */

/** @type {AudioContext | null} */
let audio = null;
const isOn = (/** @type {string} */ id) => /** @type {HTMLInputElement} */ (document.getElementById(id)).checked;

function beep() {
  [660, 880].forEach((pitch, index) => {
    if (!audio) return;
    const tone = audio.createOscillator();
    tone.frequency.value = pitch;
    tone.connect(audio.destination);
    tone.start(audio.currentTime + index * 0.25);
    tone.stop(audio.currentTime + index * 0.25 + 0.2);
  });
}

/** @type {WakeLockSentinel | null} */
let lock = null;

/** The browser lets the screen go off when the page is hidden; it is asked again when it is seen. */
async function wake() {
  try {
    if (!isOn("screen")) await lock?.release();
    else if (!document.hidden) lock = await navigator.wakeLock.request("screen");
  } catch {
    // The battery is low, or the person forbids it.
  }
}

/** A switch was turned. @param {HTMLInputElement} box */
export async function change(box) {
  if (box.id === "screen") wake();
  if (box.id === "sound" && box.checked) {
    // Only after a press may a page make a sound; and so one knows how it will sound.
    audio ??= new AudioContext();
    beep();
  }
  if (box.id === "bell" && box.checked) box.checked = (await Notification.requestPermission()) === "granted";
}

/** It is one's turn. @param {string} title @param {string} body */
export function turn(title, body) {
  if (isOn("sound")) beep();
  try {
    if (isOn("bell") && document.hidden) new Notification(title, { body, tag: "onsale" });
  } catch {
    // Some browsers show notices of workers alone.
  }
}

document.addEventListener("visibilitychange", wake);
