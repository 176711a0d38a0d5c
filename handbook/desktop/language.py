"""The words that Qt itself shows (buttons, menus, dialogs), in Vietnamese.

Qt ships no Vietnamese, so `resources/translations/qtbase_vi.ts` is ours; `lrelease` compiles it to the `.qm`
that is loaded here. Screens write their own texts in Vietnamese inside `self.tr(...)`.
"""

from typing import Final

from PySide6.QtCore import QCoreApplication, QLocale, QTranslator

from handbook.desktop import RESOURCES

QT_TEXTS: Final = RESOURCES / "translations" / "qtbase_vi.qm"


def use_vietnamese(app: QCoreApplication) -> None:
    """Qt's own texts, its dates and its numbers are Vietnamese from now on; safe to call again.

    Widgets made earlier keep their texts. FileNotFoundError when the program was installed without them.
    """
    QLocale.setDefault(QLocale(QLocale.Language.Vietnamese, QLocale.Country.Vietnam))
    if app.findChild(QTranslator, QT_TEXTS.name):
        return
    translator = QTranslator(app)
    translator.setObjectName(QT_TEXTS.name)
    if not translator.load(str(QT_TEXTS)):
        raise FileNotFoundError(QT_TEXTS)
    app.installTranslator(translator)
