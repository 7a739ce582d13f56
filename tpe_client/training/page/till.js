// The till: one state at a time, moved on by keys and by presented cards. The same states as the box:
// idle, reading, identity, wallet, amount, PIN, sending, approved, declined or unknown, ticket, idle.
//
// The law: an operation id is made once per sale; a lost answer is asked for, never guessed and never
// sold again under a new id. The PIN lives in one variable until the outcome is known, nowhere else.

import { centsOf, euros, typedWith } from "./cents.js";
import { newOperationId } from "./line.js";

const MOST_QUESTIONS = 3;
const SAME_SALE_AGAIN = { insufficient_balance: "amount", pin_wrong: "pin", pin_required: "pin" };

export class Till {
  constructor({ show, print, tell }) {
    this.show = show;
    this.print = print;
    this.tell = tell;
    this.sale = null;
    this.last = null;
    this.state = "loading";
    this.show("loading");
  }

  /** Another terminal is plugged in: nothing of the old one is left. */
  async plug(line) {
    this.line = line;
    this.sale = this.last = null;
    const me = await line.ask("GET", "/me");
    this.me = me?.status === 200 ? me.body : null;
    this.idle();
    if (me && me.status !== 200) this.problem(me);
  }

  /** A key: a digit, ",", "red", "yellow", "green" or "menu". */
  press(key) {
    if (key === "red" && !["loading", "reading", "sending", "unknown"].includes(this.state)) {
      this.idle();
    } else {
      this.keys[this.state]?.call(this, key);
    }
  }

  /** A card in the slot; only an idle terminal reads. */
  async present(reading) {
    const ends = ["approved", "declined", "problem", "unread", "no-wallets", "cancelled", "stopped"];
    if (![...ends, "idle", "menu", "totals", "nothing-yet"].includes(this.state)) return;
    this.go("reading");
    const answer = await this.line.ask("POST", "/identifications", { reading });
    if (!answer) return this.go("unread");
    if (answer.status !== 200) return this.problem(answer);
    if (answer.body.outcome === "declined") return this.declined(answer.body);
    this.sale = { card: answer.body, typed: "", pin: "", wallet: null };
    const { holder, card } = answer.body;
    this.go("identity", {
      first_name: holder.first_name, initial: holder.last_name_initial, age: String(holder.age),
      last4: card.last4, photo_url: holder.photo_url,
    });
  }

  keys = {
    identity(key) {
      if (key === "green") this.chooseWallet();
    },
    wallet(key) {
      const wallet = this.sale.card.wallets[Number(key) - 1];
      if (wallet) this.amount(wallet);
    },
    amount(key) {
      if (key === "green") return this.amountDone();
      this.sale.typed = key === "yellow" ? this.sale.typed.slice(0, -1) : typedWith(this.sale.typed, key);
      this.amount(this.sale.wallet);
    },
    "amount-wrong"(key) {
      if (key === "green") this.amount(this.sale.wallet, "");
    },
    pin(key) {
      if (key === "green" && this.sale.pin.length === 4) return this.send();
      if (key === "yellow") this.sale.pin = this.sale.pin.slice(0, -1);
      if (/^\d$/.test(key) && this.sale.pin.length < 4) this.sale.pin += key;
      this.askPin();
    },
    approved(key) {
      if (key === "green") this.printed({ kind: "debit" });
    },
    declined(key) {
      if (key !== "green") return;
      const again = this.sale && SAME_SALE_AGAIN[this.declinedCode];
      if (again === "amount") this.amount(this.sale.wallet, "");
      else if (again === "pin") this.askPin();
      else this.idle();
    },
    unknown(key) {
      if (key === "green") this.find();
      if (key === "red") this.stop();
    },
    "unknown-for-good"(key) {
      if (key === "green") this.find();
    },
    cancelled(key) {
      if (key === "green") this.printed({ kind: "cancellation" });
    },
    cancel(key) {
      if (key === "green") this.cancel();
    },
    idle(key) {
      if (key === "menu") this.go("menu");
    },
    menu(key) {
      if (key === "1") this.offerCancellation();
      if (key === "2") this.duplicate();
      if (key === "3") this.totals();
    },
  };

  go(state, values = {}) {
    this.state = state;
    this.show(state, values);
  }

  idle() {
    this.sale = null;
    this.go("idle", { partner: this.me?.partner.name ?? "", label: this.me?.terminal.label ?? "" });
  }

  chooseWallet() {
    const { wallets } = this.sale.card;
    if (wallets.length === 0) this.go("no-wallets");
    else if (wallets.length === 1) this.amount(wallets[0]);
    else {
      const choices = wallets.map((one, at) => ({
        number: String(at + 1), label: one.label, balance: euros(one.balance_cents),
      }));
      this.go("wallet", { choices });
    }
  }

  amount(wallet, typed = this.sale.typed) {
    Object.assign(this.sale, { wallet, typed, pin: "" });
    const balance = euros(wallet.balance_cents);
    this.go("amount", { wallet: wallet.label, balance, amount: typed || "0,00" });
  }

  amountDone() {
    this.sale.cents = centsOf(this.sale.typed);
    if (this.sale.cents === null) return this.go("amount-wrong");
    const { required, above_cents: above } = this.sale.card.pin;
    const due = required === "always" || (required === "above" && this.sale.cents > above);
    this.sale.pin = "";
    return due ? this.askPin() : this.send();
  }

  askPin() {
    const dots = "•".repeat(this.sale.pin.length);
    this.go("pin", { amount: euros(this.sale.cents), dots });
  }

  async send() {
    // A new try is a new sale with an id of its own; the id is there before a byte is sent.
    this.sale.operationId = newOperationId();
    this.sale.questions = 0;
    await this.sendAgain();
  }

  async sendAgain() {
    const { sale } = this;
    this.go("sending", { amount: euros(sale.cents) });
    const answer = await this.line.ask("PUT", `/debits/${sale.operationId}`, {
      identification: sale.card.identification,
      wallet: sale.wallet.wallet,
      amount_cents: sale.cents,
      identity_checked: true,
      ...(sale.pin ? { pin: sale.pin } : {}),
    });
    this.settle(answer);
  }

  settle(answer) {
    if (!answer || answer.status >= 500) return this.unknown();
    if (answer.status === 404) return this.sendAgain();
    const pinned = this.sale.pin !== "";
    this.sale.pin = "";
    if (answer.status >= 400) return this.problem(answer);
    if (answer.body.outcome === "declined") return this.declined(answer.body);
    this.last = { ...answer.body, pinned, wallet_label: this.sale.wallet.label };
    this.tell("approved", { ...answer.body, found: this.sale.questions > 0 });
    this.go("approved", {
      amount: euros(answer.body.amount_cents),
      reference: answer.body.reference,
      balance: euros(answer.body.balance_after_cents),
    });
  }

  unknown() {
    const amount = euros(this.sale.cents);
    if (this.sale.questions < MOST_QUESTIONS) this.go("unknown", { amount });
    else {
      this.go("unknown-for-good", { local_reference: this.sale.operationId.slice(0, 8).toUpperCase() });
    }
    this.tell("unknown", {});
  }

  async find() {
    this.sale.questions += 1;
    this.go("sending", { amount: euros(this.sale.cents) });
    this.settle(await this.line.ask("GET", `/debits/${this.sale.operationId}`));
  }

  /** Gives up a sale that nobody knows about: a tombstone stops it if it still arrives. */
  async stop() {
    this.go("sending", { amount: euros(this.sale.cents) });
    const path = `/debits/${this.sale.operationId}/cancellation`;
    const answer = await this.line.ask("PUT", path, { reason: "mistake" });
    if (answer?.body.outcome === "cancelled") {
      this.sale.pin = "";
      this.go("stopped");
    } else {
      this.sale.questions += 1;
      this.unknown();
    }
  }

  declined(body) {
    this.declinedCode = body.code;
    if (this.sale?.wallet && body.balance_cents !== undefined) {
      this.sale.wallet.balance_cents = body.balance_cents;
    }
    this.tell("declined", body);
    this.go("declined", { message: body.message, next_step: body.next_step, code: body.code });
  }

  problem(answer) {
    const { title, detail, code } = answer.body;
    this.go("problem", { title, detail, code });
  }

  offerCancellation() {
    if (!this.last || this.last.cancelled) return this.go("nothing-yet");
    const { amount_cents: cents, reference, card } = this.last;
    return this.go("cancel", { amount: euros(cents), reference, last4: card.last4 });
  }

  async cancel() {
    const amount = euros(this.last.amount_cents);
    this.go("sending", { amount });
    const path = `/debits/${this.last.operation_id}/cancellation`;
    const answer = await this.line.ask("PUT", path, { reason: "mistake" });
    // Unknown: the same question again is safe, so the same screen offers it again.
    if (!answer || answer.status >= 500) return this.offerCancellation();
    if (answer.status >= 400) return this.problem(answer);
    if (answer.body.outcome === "declined") return this.declined(answer.body);
    this.last.cancelled = answer.body;
    this.tell("cancelled", answer.body);
    return this.go("cancelled", { amount });
  }

  duplicate() {
    if (!this.last) return this.go("nothing-yet");
    const kind = this.last.cancelled ? "cancellation" : "debit";
    return this.printed({ kind, duplicate: true });
  }

  printed({ kind, duplicate = false }) {
    this.print({ kind, duplicate, sale: this.last, me: this.me });
    this.tell("printed", { kind, duplicate });
    this.idle();
  }

  async totals() {
    const me = await this.line.ask("GET", "/me");
    if (!me) return this.go("unread");
    if (me.status !== 200) return this.problem(me);
    const { count, amount_cents: cents } = me.body.today;
    return this.go("totals", { count: String(count), amount: euros(cents) });
  }
}
