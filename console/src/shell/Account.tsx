// Who is signed in, at the end of the bar: their roles, breaking the glass, signing out.
import { useState } from "react";
import { Menu, MenuItem, MenuTrigger, Popover } from "react-aria-components";
import { breakGlass, signOut, useMay, useSession } from "../api/session";
import { AskWhy } from "../ui/dialogs";
import { moment } from "../ui/format";
import { Button } from "../ui/parts";

export function Account() {
  const { me, isOpen } = useSession();
  const may = useMay();
  const [isBreaking, setBreaking] = useState(false);
  if (isOpen || !me) return null;
  const roles = [...new Set(me.grants.map((grant) => grant.role))].join(", ");
  if (!me.token) return <span className="quiet nowrap account">{me.name}</span>;
  const items = [
    ...(may("break-glass") && !me.glass_until ? [{ id: "glass", label: "Break the glass…" }] : []),
    { id: "out", label: "Sign out" },
  ];
  return (
    <>
      {me.glass_until && <span className="demo">glass broken until {moment(me.glass_until)}</span>}
      <MenuTrigger>
        <Button kind="plain">
          {me.title || me.name}
          {roles && <span className="quiet">· {roles}</span>}
        </Button>
        <Popover className="popover" placement="bottom end">
          <Menu className="menu" items={items} onAction={(key) => (key === "out" ? void signOut() : setBreaking(true))}>
            {(one) => <MenuItem className="menu-item">{one.label}</MenuItem>}
          </Menu>
        </Popover>
      </MenuTrigger>
      {isBreaking && (
        <AskWhy
          onClose={() => setBreaking(false)}
          act={{
            title: "Break the glass",
            text: "For one hour you may read the content of messages. The privacy officer sees that you did, what you looked at, and why.",
            button: "Break the glass",
            isDangerous: true,
            example: "for example: incident 88, a result cannot be matched to its patient",
            run: breakGlass,
          }}
        />
      )}
    </>
  );
}
