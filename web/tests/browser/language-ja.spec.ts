import { readsWellIn } from "./checks/languages";

readsWellIn("ja");
