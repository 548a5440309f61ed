// @ts-check
// Log-in and sign-up: shows a password, opens the window of the identity verification, asks reCAPTCHA, sends a form once, and
// forgets the tickets of a person who has logged out.

/** @param {ParentNode} within */
function passwords(within) {
  for (const button of within.querySelectorAll("button[data-shows]")) {
    const field = /** @type {HTMLInputElement | null} */ (document.getElementById(button.getAttribute("data-shows") ?? ""));
    if (!field) continue;
    button.removeAttribute("hidden");
    button.addEventListener("click", () => {
      const isHidden = field.type === "password";
      field.type = isHidden ? "text" : "password";
      button.setAttribute("aria-pressed", String(isHidden));
    });
    // Browsers offer to keep what a password field has.
    field.form?.addEventListener("submit", () => { field.type = "password"; });
  }
}

/**
 * A token of reCAPTCHA v3, which is asked for when the form is sent. The box of v2 fills its field by itself.
 * @param {HTMLFormElement} form
 */
function captcha(form) {
  const key = form.dataset.captcha;
  if (!key) return;
  form.addEventListener("submit", (event) => {
    // @ts-ignore of reCAPTCHA's script
    const service = window.grecaptcha;
    if (form.dataset.proven || !service?.execute) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const { submitter } = event;
    service.ready(async () => {
      const field = document.createElement("input");
      Object.assign(field, { type: "hidden", name: "g-recaptcha-response" });
      field.value = await service.execute(key, { action: "form" }).catch(() => "");
      form.append(field);
      form.dataset.proven = "yes";
      form.requestSubmit(/** @type {HTMLElement} */ (submitter));
    });
  });
}

/**
 * A second press sends nothing; coming back by "back" makes the form ready again.
 * @param {HTMLFormElement} form
 */
function once(form) {
  let isSent = false;
  form.addEventListener("submit", (event) => {
    if (isSent) event.preventDefault();
    isSent = true;
  });
  addEventListener("pageshow", (event) => { if (event.persisted) isSent = false; });
}

/**
 * PortOne's window, inside the page or by redirection: never a pop-up. Both ways end at the same address.
 * @param {HTMLElement} button
 */
function identity(button) {
  button.removeAttribute("hidden");
  button.addEventListener("click", async () => {
    const { store, channel, back } = button.dataset;
    const id = `identity-verification-${crypto.randomUUID()}`;
    const address = new URL(back ?? "", location.href);
    // @ts-ignore of PortOne's script
    const answer = await window.PortOne?.requestIdentityVerification({
      storeId: store,
      channelKey: channel,
      identityVerificationId: id,
      windowType: { pc: "IFRAME", mobile: "REDIRECTION" },
      redirectUrl: address.href,
    });
    if (!answer) return;
    address.searchParams.set("identityVerificationId", id);
    if (answer.code) address.searchParams.set("code", answer.code);
    location.assign(address);
  });
}

passwords(document);
// After a log-out, or with an account's end: what `Clear-Site-Data` does in browsers that know it (assets/ticket/worker.js).
if (document.querySelector("main[data-forget]") && "caches" in window) caches.delete("tickets").catch(() => {});
for (const form of document.querySelectorAll("form")) {
  captcha(form);
  once(form);
}
for (const button of document.querySelectorAll("button[data-identity]")) identity(/** @type {HTMLElement} */ (button));
