// Who may do what: people and services, their roles and keys. Tokens and keys are told once.
import { useState } from "react";
import { change, get, post, Problem } from "../../api/http";
import { useMay, useSession, type Grant } from "../../api/session";
import { useAnswer } from "../../api/use";
import { AskWhy, Window, type Act } from "../../ui/dialogs";
import { moment } from "../../ui/format";
import { Icon } from "../../ui/icons";
import { Button, Card, Empty, ErrorCode, Notice, Page, Trouble } from "../../ui/parts";

interface User {
  name: string;
  title: string;
  is_service: boolean;
  is_disabled: boolean;
  grants: Grant[];
  has_password: boolean;
  factors: string[];
  last_sign_in: number | null;
}
interface Role {
  name: string;
  title: string;
  rights: string[];
  is_own: boolean;
}
interface Key {
  id: string;
  user: string;
  title: string;
  grants: Grant[];
  until: number | null;
  used: number | null;
}
interface Told {
  token?: string;
  until?: number;
}

const userAt = (name: string, act = "") => `/api/v1/users/${encodeURIComponent(name)}${act && `/${act}`}`;

const grantsText = (grants: Grant[]): string =>
  grants
    .map((grant) => {
      const where = [...(grant.interfaces ?? []), ...(grant.facilities ?? [])].join(", ");
      return where ? `${grant.role} (${where})` : grant.role;
    })
    .join(", ") || "no role";

function ToldOnce({ name, told, onClose }: { name: string; told: Told; onClose: () => void }) {
  return (
    <Window title={`One-time token for ${name}`} onClose={onClose}>
      <p>Give it to {name} on a way that you trust. With it they choose a password. It is shown now and never again{told.until ? `, and works until ${moment(told.until)}` : ""}.</p>
      <pre className="commands" tabIndex={0} aria-label="The token">
        {told.token}
      </pre>
      <div className="buttons">
        <Button kind="first" onPress={onClose}>
          Done
        </Button>
      </div>
    </Window>
  );
}

function NewUser({ roles, onClose, onMade }: { roles: Role[]; onClose: () => void; onMade: (name: string, told: Told) => void }) {
  const [name, setName] = useState("");
  const [title, setTitle] = useState("");
  const [role, setRole] = useState("viewer");
  const [problem, setProblem] = useState<Problem>();
  const make = async () => {
    try {
      onMade(name, await post<Told>("/api/v1/users", { name: name.trim(), title: title.trim(), grants: [{ role }] }));
    } catch (error) {
      setProblem(error instanceof Problem ? error : new Problem(0, "", String(error)));
    }
  };
  return (
    <Window title="Invite a person" onClose={onClose}>
      <div className="field">
        <label htmlFor="new-name">Name</label>
        <input className="input" id="new-name" value={name} autoFocus spellCheck={false} onChange={(now) => setName(now.target.value)} placeholder="for example ruth.okafor" />
      </div>
      <div className="field">
        <label htmlFor="new-title">Name as people write it</label>
        <input className="input" id="new-title" value={title} onChange={(now) => setTitle(now.target.value)} />
      </div>
      <div className="field">
        <label htmlFor="new-role">Role</label>
        <select className="input" id="new-role" value={role} onChange={(now) => setRole(now.target.value)}>
          {roles.map((one) => (
            <option key={one.name} value={one.name}>
              {one.name} — {one.title}
            </option>
          ))}
        </select>
      </div>
      {problem && (
        <Notice level="warning" title="Not made">
          {problem.message} <ErrorCode code={problem.code} />
        </Notice>
      )}
      <div className="buttons">
        <Button onPress={onClose}>Cancel</Button>
        <Button kind="first" isDisabled={!name.trim()} onPress={() => void make()}>
          Make an invitation
        </Button>
      </div>
    </Window>
  );
}

function People({ users, onAct }: { users: User[]; onAct: (act: Act) => void }) {
  const { me } = useSession();
  const actsOf = (user: User): { label: string; act: Act }[] => [
    user.is_disabled
      ? { label: "Enable…", act: { title: `Enable ${user.name}`, text: "They may sign in again with what they have.", button: "Enable", run: async () => void (await post(userAt(user.name, "enable"))) } }
      : { label: "Disable…", act: { title: `Disable ${user.name}`, text: "Every session and key ends at once. Nothing that they did is changed.", button: "Disable", isDangerous: true, run: async () => void (await post(userAt(user.name, "disable"))) } },
  ];
  return (
    <div className="scroll-x">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">State</th>
            <th scope="col">Name</th>
            <th scope="col">Roles</th>
            <th scope="col">Second factor</th>
            <th scope="col">Last signed in</th>
            <th scope="col">
              <span className="hidden-but-read">What you may do</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {users.map((user) => (
            <tr key={user.name}>
              <td>
                <span className={`state ${user.is_disabled ? "note" : "good"}`}>
                  <Icon name={user.is_disabled ? "paused" : "good"} /> {user.is_disabled ? "Disabled" : user.is_service ? "Service" : user.has_password ? "Active" : "Invited"}
                </span>
              </td>
              <td>
                {user.title || user.name} <span className="quiet">{user.name}</span>
              </td>
              <td>{grantsText(user.grants)}</td>
              <td>{user.factors.join(", ") || <span className="warn">none</span>}</td>
              <td className="nowrap">{user.last_sign_in ? moment(user.last_sign_in) : "never"}</td>
              <td>
                <div className="buttons end">
                  {user.name !== me?.name &&
                    actsOf(user).map(({ label, act }) => (
                      <Button key={label} aria-label={`${label.replace("…", "")} ${user.name}`} onPress={() => onAct(act)}>
                        {label}
                      </Button>
                    ))}
                </div>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function Users() {
  const may = useMay();
  const users = useAnswer("users", (signal) => get<{ users: User[] }>("/api/v1/users", undefined, signal));
  const roles = useAnswer("roles", (signal) => get<{ roles: Role[] }>("/api/v1/roles", undefined, signal));
  const keys = useAnswer("keys", (signal) => get<{ keys: Key[] }>("/api/v1/keys", undefined, signal));
  const [act, setAct] = useState<Act>();
  const [isInviting, setInviting] = useState(false);
  const [told, setTold] = useState<{ name: string; told: Told }>();
  const refresh = () => {
    users.again();
    keys.again();
  };
  return (
    <Page
      title="Users"
      about="people, services, roles and keys"
      actions={
        may("people") &&
        users.value && (
          <Button icon="users" onPress={() => setInviting(true)}>
            Invite a person…
          </Button>
        )
      }
    >
      <Card title="People and services">{users.problem ? <Trouble problem={users.problem} what="Users" again={users.again} /> : users.value ? users.value.users.length ? <People users={users.value.users} onAct={setAct} /> : <Empty title="Nobody yet">The first administrator comes in by a one-time token from the terminal of the engine.</Empty> : <Empty title="Reading…" />}</Card>
      {roles.value && (
        <Card title="Roles">
          <table className="table">
            <thead>
              <tr>
                <th scope="col">Role</th>
                <th scope="col">What it is for</th>
                <th scope="col">Rights</th>
              </tr>
            </thead>
            <tbody>
              {roles.value.roles.map((role) => (
                <tr key={role.name}>
                  <td className="nowrap">
                    <strong>{role.name}</strong> {role.is_own && <span className="badge">of this site</span>}
                  </td>
                  <td>{role.title}</td>
                  <td className="quiet">{role.rights.join(", ")}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Card>
      )}
      {keys.value && (
        <Card title="Keys of programs" more={<span className="quiet">made with <code>sinew key</code></span>}>
          {keys.value.keys.length === 0 ? (
            <Empty title="No keys" />
          ) : (
            <table className="table">
              <thead>
                <tr>
                  <th scope="col">Key</th>
                  <th scope="col">Of</th>
                  <th scope="col">Roles</th>
                  <th scope="col">Ends</th>
                  <th scope="col">Last used</th>
                  <th scope="col">
                    <span className="hidden-but-read">What you may do</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {keys.value.keys.map((key) => (
                  <tr key={key.id}>
                    <td>
                      {key.title} <code className="quiet">{key.id}</code>
                    </td>
                    <td>{key.user}</td>
                    <td>{grantsText(key.grants)}</td>
                    <td className="nowrap">{key.until ? moment(key.until) : "never"}</td>
                    <td className="nowrap">{key.used ? moment(key.used) : "never"}</td>
                    <td>
                      <div className="buttons end">
                        <Button
                          aria-label={`Remove the key ${key.title}`}
                          onPress={() => setAct({ title: `Remove the key ${key.title}`, text: "Programs that use it are refused at once.", button: "Remove", isDangerous: true, run: async () => void (await change("DELETE", `/api/v1/keys/${encodeURIComponent(key.id)}`)) })}
                        >
                          Remove…
                        </Button>
                      </div>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </Card>
      )}
      {act && (
        <AskWhy
          act={act}
          onClose={() => {
            setAct(undefined);
            refresh();
          }}
        />
      )}
      {isInviting && (
        <NewUser
          roles={roles.value?.roles ?? []}
          onClose={() => setInviting(false)}
          onMade={(name, answer) => {
            setInviting(false);
            setTold({ name, told: answer });
            refresh();
          }}
        />
      )}
      {told && <ToldOnce {...told} onClose={() => setTold(undefined)} />}
    </Page>
  );
}
