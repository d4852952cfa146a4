// The list of what needs a person, as cards.
import type { Attention } from "./attention";
import { ErrorCode, Link, Notice } from "../../ui/parts";

function ownerText({ owner }: Attention): string {
  if (!owner) return "";
  const call = [owner.team, owner.oncall && `on call ${owner.oncall}`, owner.contact].filter(Boolean).join(", ");
  return call ? ` Owner: ${call}.` : "";
}

export function Attentions({ items }: { items: Attention[] }) {
  return (
    <ul className="stack tight">
      {items.map((item) => (
        <li key={item.id}>
          <Notice
            level={item.level}
            title={item.title}
            actions={item.links.map((link, at) => (
              <Link key={link.to} to={link.to} className="button" {...(at === 0 ? { "data-row": true as const } : {})}>
                {link.label}
              </Link>
            ))}
          >
            {item.text}
            {ownerText(item)} {item.code && <ErrorCode code={item.code} />}
          </Notice>
        </li>
      ))}
    </ul>
  );
}
