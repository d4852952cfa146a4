// Small parts that every screen is made of.
import type { ReactNode } from "react";
import { Button as AriaButton, type ButtonProps } from "react-aria-components";
import type { Problem } from "../api/http";
import type { Health, MessageState } from "../api/types";
import { navigate } from "../shell/route";
import { Icon, type IconName } from "./icons";

export interface Word {
  word: string;
  icon: IconName;
  tone: "good" | "warn" | "bad" | "note";
}

export const HEALTH: Record<Health, Word> = {
  ok: { word: "Running", icon: "good", tone: "good" },
  paused: { word: "Paused", icon: "paused", tone: "note" },
  retired: { word: "Retired", icon: "paused", tone: "note" },
  silent: { word: "Silent", icon: "silent", tone: "warn" },
  held: { word: "Held", icon: "held", tone: "warn" },
  failing: { word: "Failing", icon: "bad", tone: "bad" },
};

export const MESSAGE: Record<MessageState, Word> = {
  delivered: { word: "Delivered", icon: "good", tone: "good" },
  in_flight: { word: "In flight", icon: "moving", tone: "note" },
  filtered: { word: "Filtered", icon: "filtered", tone: "note" },
  parked: { word: "Parked", icon: "held", tone: "bad" },
  expired: { word: "Expired", icon: "expired", tone: "warn" },
  deleted: { word: "Deleted", icon: "deleted", tone: "note" },
};

/** A state: an icon, a word and a colour, in this order of importance. */
export function State({ of }: { of: Word }) {
  return (
    <span className={`state ${of.tone}`}>
      <Icon name={of.icon} />
      {of.word}
    </span>
  );
}

export const health = (state: Health): Word => HEALTH[state] ?? { word: state, icon: "warn", tone: "warn" };
export const messageState = (state: MessageState): Word => MESSAGE[state] ?? { word: state, icon: "warn", tone: "warn" };

interface LinkProps {
  to: string;
  children: ReactNode;
  className?: string;
  title?: string;
  "aria-current"?: "page";
  "data-row"?: true;
}

/** A link inside the console. With a modifier key it is what any link is. */
export function Link({ to, children, ...more }: LinkProps) {
  return (
    <a
      href={to}
      {...more}
      onClick={(click) => {
        if (click.defaultPrevented || click.button !== 0 || click.metaKey || click.ctrlKey || click.shiftKey || click.altKey) return;
        click.preventDefault();
        navigate(to);
      }}
    >
      {children}
    </a>
  );
}

export function Button({ kind = "", icon, children, ...more }: ButtonProps & { kind?: string; icon?: IconName; children?: ReactNode }) {
  return (
    <AriaButton {...more} className={`button ${kind}`}>
      {icon && <Icon name={icon} />}
      {children}
    </AriaButton>
  );
}

export function Card({ title, more, children, className = "" }: { title?: ReactNode; more?: ReactNode; children: ReactNode; className?: string }) {
  return (
    <section className={`card ${className}`}>
      {title && (
        <header>
          <h2>{title}</h2>
          {more}
        </header>
      )}
      {children}
    </section>
  );
}

/** A code of the engine, which leads to its page in the guide. */
export function ErrorCode({ code }: { code: string }) {
  if (!/^E\d{4}$/.test(code)) return code ? <code>{code}</code> : null;
  return (
    <a className="error-code" href={`/docs/errors/${code}.md`} target="_blank" rel="noreferrer" title="What it means, and what to do">
      {code}
    </a>
  );
}

/** A sentence of the engine, in which commands stand between backticks. */
export function WithCode({ text }: { text: string }) {
  return (
    <>
      {text.split("`").map((piece, at) =>
        at % 2 ? <code key={at}>{piece}</code> : piece,
      )}
    </>
  );
}

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <strong>{title}</strong>
      {children}
    </div>
  );
}

export type Level = "alarm" | "warning" | "note";
const LEVELS: Record<Level, { icon: IconName; word: string }> = {
  alarm: { icon: "bad", word: "Alarm" },
  warning: { icon: "warn", word: "Warning" },
  note: { icon: "paused", word: "Note" },
};

export function Notice({ level, title, children, actions }: { level: Level; title: string; children?: ReactNode; actions?: ReactNode }) {
  return (
    <div className={`notice ${level}`}>
      <Icon name={LEVELS[level].icon} />
      <strong>
        <span className="hidden-but-read">{LEVELS[level].word}: </span>
        {title}
      </strong>
      <p>{children}</p>
      {actions && <div className="buttons">{actions}</div>}
    </div>
  );
}

/** Why something cannot be shown: in the engine's words, or that this engine does not offer it. */
export function Trouble({ problem, what, again }: { problem: Problem; what: string; again?: () => void }) {
  if (problem.isMissing) {
    return <Empty title={`${what}: not available`}>This engine does not offer it to the console. Nothing is hidden from you; there is nothing to show.</Empty>;
  }
  return (
    <Notice level="warning" title={`${what}: no answer`} actions={again && <Button onPress={again}>Try again</Button>}>
      {problem.message} <ErrorCode code={problem.code} />
    </Notice>
  );
}

export function Page({ title, about, actions, children, className = "" }: { title: ReactNode; about?: ReactNode; actions?: ReactNode; children: ReactNode; className?: string }) {
  return (
    <div className={`page ${className}`}>
      <header className="page-head">
        <h1>{title}</h1>
        {about && <span className="quiet about">{about}</span>}
        {actions && <div className="buttons">{actions}</div>}
      </header>
      {children}
    </div>
  );
}
