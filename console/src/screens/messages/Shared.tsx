// Searches that people share: a title for words that name nobody.
import { useState } from "react";
import { Input, Label, TextField } from "react-aria-components";
import { Problem } from "../../api/http";
import { readSearches, shareSearch, takeSearchBack, type SharedSearch } from "../../api/routes";
import { useMay, useSession } from "../../api/session";
import { useAnswer } from "../../api/use";
import { Window } from "../../ui/dialogs";
import { Button, ErrorCode, Notice } from "../../ui/parts";
import { isKeepable } from "./query";

function Share({ query, onClose }: { query: string; onClose: () => void }) {
  const [title, setTitle] = useState("");
  const [problem, setProblem] = useState<Problem>();
  const run = async () => {
    if (!title.trim()) return;
    try {
      await shareSearch(title.trim(), query);
      onClose();
    } catch (error) {
      setProblem(error instanceof Problem ? error : new Problem(0, "", String(error)));
    }
  };
  return (
    <Window title="Share this search" onClose={onClose}>
      <p>
        Everybody who may search sees it here, with your name. What it finds, each sees with their own rights: <code>{query}</code>
      </p>
      <TextField className="field" value={title} onChange={setTitle} isRequired autoFocus onKeyDown={(key) => key.key === "Enter" && void run()}>
        <Label>What it is for</Label>
        <Input className="input" placeholder="Parked in the laboratory" maxLength={80} />
      </TextField>
      {problem && (
        <Notice level="warning" title="Not shared">
          {problem.message} <ErrorCode code={problem.code} />
        </Notice>
      )}
      <div className="buttons">
        <Button onPress={onClose}>Cancel</Button>
        <Button kind="first" isDisabled={!title.trim()} onPress={() => void run()}>
          Share
        </Button>
      </div>
    </Window>
  );
}

export function SharedSearches({ query, onQuery }: { query: string; onQuery: (query: string) => void }) {
  const { value, again } = useAnswer("searches", readSearches);
  const { me } = useSession();
  const may = useMay();
  const [isSharing, setSharing] = useState(false);
  const searches = value?.searches ?? [];
  const isOwn = (one: SharedSearch) => may("people") || me?.name === one.by;
  const takeBack = async (one: SharedSearch) => {
    // Somebody else may have taken it back meanwhile: then it is gone as well.
    await takeSearchBack(one.id).catch(() => undefined);
    again();
  };
  return (
    <fieldset className="facet">
      <legend>Shared searches</legend>
      {searches.map((one) => (
        <div key={one.id} className="shared">
          <button type="button" className="saved cut" aria-current={one.query === query} onClick={() => onQuery(one.query)} title={`${one.query} · shared by ${one.by}`}>
            {one.title}
          </button>
          {isOwn(one) && <Button kind="plain square" icon="close" aria-label={`Take back ${one.title}`} onPress={() => void takeBack(one)} />}
        </div>
      ))}
      {isKeepable(query) && !searches.some((one) => one.query === query) ? (
        <Button kind="plain" onPress={() => setSharing(true)}>
          Share this search…
        </Button>
      ) : (
        searches.length === 0 && <p className="quiet">None yet. A search that names nobody can be shared.</p>
      )}
      {isSharing && (
        <Share
          query={query}
          onClose={() => {
            setSharing(false);
            again();
          }}
        />
      )}
    </fieldset>
  );
}
