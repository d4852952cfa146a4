// One box that finds everything: screens, interfaces, and messages in the words of the search language.
import { useState } from "react";
import { Autocomplete, Dialog, Input, ListBox, ListBoxItem, Modal, ModalOverlay, SearchField } from "react-aria-components";
import { useLive } from "../api/live";
import { Icon, type IconName } from "../ui/icons";
import { PLACES } from "./places";
import { interfaceAt, messagesAt } from "./addresses";
import { navigate } from "./route";

interface Entry {
  to: string;
  name: string;
  about: string;
  icon: IconName;
}

const EXAMPLES = ["patient:N0010138", "state:parked since:24h", "type:ADT^A01", "control:MSG00042", "filler=A123"];
const ENTRIES_MAX = 12;

/** What the box offers for these letters; messages stand first, since that is what most people look for. */
export function entriesFor(text: string, interfaces: { name: string; title: string }[]): Entry[] {
  const wanted = text.trim();
  const small = wanted.toLowerCase();
  const has = (...words: string[]) => words.some((word) => word.toLowerCase().includes(small));
  const places = PLACES.filter((place) => has(place.name)).map((place) => ({ to: place.path, name: place.name, about: `g ${place.key}`, icon: place.icon }));
  const flows = interfaces
    .filter((one) => has(one.name, one.title))
    .map((one) => ({ to: interfaceAt(one.name), name: one.title, about: one.name, icon: "interfaces" as const }));
  if (!wanted) {
    const examples = EXAMPLES.map((example) => ({ to: messagesAt(example), name: example, about: "an example search", icon: "search" as const }));
    return [...places, ...examples];
  }
  const search = { to: messagesAt(wanted), name: wanted, about: "find messages", icon: "search" as const };
  const fits = [...places, ...flows];
  const exact = fits.filter((entry) => entry.name.toLowerCase().startsWith(small) || entry.about.toLowerCase().startsWith(small));
  const rest = fits.filter((entry) => !exact.includes(entry));
  const isQuery = /[:=\d]/.test(wanted);
  return (isQuery ? [search, ...exact, ...rest] : [...exact, ...rest, search]).slice(0, ENTRIES_MAX);
}

export function Palette({ onClose }: { onClose: () => void }) {
  const [text, setText] = useState("");
  const { status } = useLive();
  const entries = entriesFor(text, status?.engine.interfaces ?? []);
  return (
    <ModalOverlay className="veil" isOpen isDismissable onOpenChange={(isOpen) => !isOpen && onClose()}>
      <Modal className="modal">
        <Dialog className="palette" aria-label="Find anything">
          <Autocomplete inputValue={text} onInputChange={setText}>
            <SearchField className="palette-field" aria-label="Find messages, patients, interfaces, screens" autoFocus>
              <Icon name="search" />
              <Input
                className="palette-input"
                placeholder="Messages, patients, interfaces, screens…"
                onKeyDown={(key) => {
                  const first = entries[0];
                  const isFree = !key.currentTarget.getAttribute("aria-activedescendant");
                  if (key.key === "Enter" && isFree && first && text.trim()) {
                    navigate(first.to);
                    onClose();
                  }
                }}
              />
            </SearchField>
            <ListBox
              className="palette-list"
              aria-label="What was found"
              items={entries}
              selectionMode="none"
              onAction={(key) => {
                navigate(String(key));
                onClose();
              }}
              renderEmptyState={() => <div className="empty">Nothing of this name.</div>}
            >
              {(entry) => (
                <ListBoxItem id={entry.to} textValue={entry.name} className="palette-item">
                  <Icon name={entry.icon} />
                  <span className="cut">{entry.name}</span>
                  <span className="quiet nowrap">{entry.about}</span>
                </ListBoxItem>
              )}
            </ListBox>
          </Autocomplete>
          <p className="palette-foot quiet">
            <kbd>↑</kbd> <kbd>↓</kbd> choose · <kbd>Enter</kbd> open · <kbd>Esc</kbd> close
          </p>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
