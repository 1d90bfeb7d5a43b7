"use strict";
// Makes the answer file. Nothing leaves this page: there is no network in it.
function sha256(bytes) {
  const k = [], h = [];
  const prime = (n) => { for (let d = 2; d * d <= n; d++) { if (n % d === 0) { return false; } } return true; };
  const bits = (x) => ((x - Math.floor(x)) * 0x100000000) | 0;
  for (let n = 2; k.length < 64; n++) {
    if (prime(n)) {
      if (h.length < 8) { h.push(bits(Math.sqrt(n))); }
      k.push(bits(Math.cbrt(n)));
    }
  }
  const length = bytes.length, padded = new Uint8Array(((length + 72) >> 6) << 6);
  padded.set(bytes);
  padded[length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 8, Math.floor(length / 0x20000000));
  view.setUint32(padded.length - 4, (length << 3) >>> 0);
  const turn = (x, n) => (x >>> n) | (x << (32 - n));
  const w = new Int32Array(64);
  for (let at = 0; at < padded.length; at += 64) {
    for (let i = 0; i < 64; i++) {
      if (i < 16) { w[i] = view.getInt32(at + 4 * i); continue; }
      const a = w[i - 15], b = w[i - 2];
      w[i] = (w[i - 16] + w[i - 7] + (turn(a, 7) ^ turn(a, 18) ^ (a >>> 3)) + (turn(b, 17) ^ turn(b, 19) ^ (b >>> 10))) | 0;
    }
    let [a, b, c, d, e, f, g, x] = h;
    for (let i = 0; i < 64; i++) {
      const one = (x + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + k[i] + w[i]) | 0;
      const two = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      x = g; g = f; f = e; e = (d + one) | 0; d = c; c = b; b = a; a = (one + two) | 0;
    }
    [a, b, c, d, e, f, g, x].forEach((v, i) => { h[i] = (h[i] + v) | 0; });
  }
  const out = new DataView(new ArrayBuffer(32));
  h.forEach((v, i) => out.setInt32(4 * i, v));
  return new Uint8Array(out.buffer);
}
function hmac(key, bytes) {
  const inner = new Uint8Array(64 + bytes.length), outer = new Uint8Array(96);
  for (let i = 0; i < 64; i++) {
    const byte = i < key.length ? key[i] : 0;
    inner[i] = byte ^ 0x36;
    outer[i] = byte ^ 0x5c;
  }
  inner.set(bytes, 64);
  outer.set(sha256(inner), 64);
  return sha256(outer);
}
function sealed(format, invitation, key, wishes) {
  const answer = JSON.stringify(wishes);
  const bytes = key.match(/../g).map((two) => parseInt(two, 16));
  const mac = hmac(Uint8Array.from(bytes), new TextEncoder().encode(format + "\n" + invitation + "\n" + answer));
  const hex = Array.from(mac, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return JSON.stringify({ format: format, invitation: invitation, answer: answer, mac: hex });
}
if (typeof document !== "undefined") {
  const form = document.body.dataset, said = document.getElementById("said");
  const all = (what) => Array.from(document.querySelectorAll(what));
  const ticked = (what) => all(what).filter((box) => box.checked);
  document.getElementById("save").addEventListener("click", () => {
    const wishes = {
      invitation: form.invitation,
      answered_at: new Date().toISOString(),
      corrections: all("input[data-field]").filter((one) => one.value.trim() !== "").map((one) => ({ field: one.dataset.field, value: one.value })),
      withdraw: ticked("input[data-purpose]").map((one) => ({ purpose: one.dataset.purpose, channel: one.dataset.channel })),
      object_to_marketing: ticked("#object").length > 0,
      ask: ticked("input[data-right]").map((one) => one.dataset.right),
      words: document.getElementById("words").value,
    };
    const some = wishes.corrections.length + wishes.withdraw.length + wishes.ask.length > 0;
    if (!some && !wishes.object_to_marketing && wishes.words.trim() === "") {
      said.textContent = form.nothing;
      return;
    }
    const file = new Blob([sealed(form.format, form.invitation, form.key, wishes)], { type: "application/json" });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(file);
    link.download = "callbook-answer.json";
    link.click();
    said.textContent = form.saved;
  });
  document.getElementById("save").hidden = false;
}
